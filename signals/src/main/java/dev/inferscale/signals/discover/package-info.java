/// Says which targets to ask. Static endpoints only; watching pods comes with Kubernetes.
@NullMarked
package dev.inferscale.signals.discover;

import org.jspecify.annotations.NullMarked;
