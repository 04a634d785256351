/// What the HorizontalPodAutoscaler makes of our numbers: its arithmetic, a good one for a pool,
/// and what is wrong with those that exist. Pure.
@NullMarked
package dev.inferscale.app.hpa;

import org.jspecify.annotations.NullMarked;
