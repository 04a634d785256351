@NullMarked
package dev.inferscale.signals.window;

import org.jspecify.annotations.NullMarked;
