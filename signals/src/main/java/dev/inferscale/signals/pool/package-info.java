/// What to measure: pools as their users write them, and the endpoints that belong to them. Data
/// only.
@NullMarked
package dev.inferscale.signals.pool;

import org.jspecify.annotations.NullMarked;
