/// One serving certificate for all replicas: agreed on through a Secret, renewed before it ends,
/// and its authority told to the API server.
@NullMarked
package dev.inferscale.app.act.certificate;

import org.jspecify.annotations.NullMarked;
