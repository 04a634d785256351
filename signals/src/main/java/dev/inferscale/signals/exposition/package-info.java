/// Parses Prometheus and OpenMetrics text: tolerant, cheap, and bounded whatever the bytes are.
/// Knows no engine. A page becomes [dev.inferscale.signals.exposition.Samples], which keep the
/// page's bytes and point into them; nothing is turned into a `String` before somebody asks for it.
/// Pure: no clock, no I/O, no logger.
@NullMarked
package dev.inferscale.signals.exposition;

import org.jspecify.annotations.NullMarked;
