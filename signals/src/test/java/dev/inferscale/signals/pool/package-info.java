@NullMarked
package dev.inferscale.signals.pool;

import org.jspecify.annotations.NullMarked;
