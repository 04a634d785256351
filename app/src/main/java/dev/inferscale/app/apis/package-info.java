/// Whose the metrics APIs of the cluster are, and what the plane is to it because of that. Reads
/// only: nothing here writes to Kubernetes.
@NullMarked
package dev.inferscale.app.apis;

import org.jspecify.annotations.NullMarked;
