@NullMarked
package dev.inferscale.signals.discover;

import org.jspecify.annotations.NullMarked;
