/// Says which targets to ask: those that pools list, and the pods that they select. The only
/// package that sees the Kubernetes API.
@NullMarked
package dev.inferscale.signals.discover;

import org.jspecify.annotations.NullMarked;
