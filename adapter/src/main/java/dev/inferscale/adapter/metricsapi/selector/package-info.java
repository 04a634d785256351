/// Kubernetes' label selectors: text in, conditions out, and the document that stands for them.
/// Grammar and complaints are Kubernetes' own, since people search for them. Pure.
@NullMarked
package dev.inferscale.adapter.metricsapi.selector;

import org.jspecify.annotations.NullMarked;
