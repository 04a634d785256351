/// Asks the Kubernetes API and keeps stores in step with its collections. The only package that
/// speaks to it.
@NullMarked
package dev.inferscale.signals.kube;

import org.jspecify.annotations.NullMarked;
