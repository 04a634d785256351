/// Successive outcomes of asking one target become rates, means and quantiles. What comes in is an
/// [Outcome]; what goes out is an immutable [Measured]. Restarts, gaps and bucket increments live
/// here. Pure: time is read off the readings.
@NullMarked
package dev.inferscale.signals.window;

import org.jspecify.annotations.NullMarked;
