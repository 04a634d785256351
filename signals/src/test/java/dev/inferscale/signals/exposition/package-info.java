@NullMarked
package dev.inferscale.signals.exposition;

import org.jspecify.annotations.NullMarked;
