/// The inference worker: main, configuration and wiring.
@NullMarked
package dev.inferscale.worker;

import org.jspecify.annotations.NullMarked;
