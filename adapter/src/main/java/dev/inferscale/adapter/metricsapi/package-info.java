/// The Kubernetes metrics API as pure functions: a request and a snapshot in, the document that
/// Kubernetes' own clients accept out. [MetricsApi] routes; [ExternalMetrics] reads values;
/// [Discovery] and [OpenApi] are constant documents; [Health] answers probes. No clock, no I/O, no
/// logger: the instants of a read come in with its [View].
@NullMarked
package dev.inferscale.adapter.metricsapi;

import org.jspecify.annotations.NullMarked;
