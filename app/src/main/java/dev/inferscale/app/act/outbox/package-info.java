/// The way that writes take to the API server: one replica's at a time, which a lease decides, and
/// each of them counted.
@NullMarked
package dev.inferscale.app.act.outbox;

import org.jspecify.annotations.NullMarked;
