/// The Kubernetes metrics APIs as pure functions: a request and a snapshot in, the document that
/// Kubernetes' own clients accept out. [MetricsApi] routes; [ExternalMetrics] and [CustomMetrics]
/// find values; [Health] answers probes. No clock, no I/O, no logger: the instants of a read come
/// in with its [View].
@NullMarked
package dev.inferscale.adapter.metricsapi;

import org.jspecify.annotations.NullMarked;
