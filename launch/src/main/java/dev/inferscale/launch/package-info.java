/// How every program of ours starts and stops: configuration, log lines, clock, the pages /metrics
/// /livez /readyz, drain.
@NullMarked
package dev.inferscale.launch;

import org.jspecify.annotations.NullMarked;
