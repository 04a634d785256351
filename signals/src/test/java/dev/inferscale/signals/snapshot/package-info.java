@NullMarked
package dev.inferscale.signals.snapshot;

import org.jspecify.annotations.NullMarked;
