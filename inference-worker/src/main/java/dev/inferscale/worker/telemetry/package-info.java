/// What the worker tells about itself: metrics with their names, and one log line per request.
///
/// [WorkerMetrics] owns every metric; the engine thread and the request threads write, scrapes
/// read. Nothing here knows the engine or HTTP.
@NullMarked
package dev.inferscale.worker.telemetry;

import org.jspecify.annotations.NullMarked;
