/// Says which targets to ask: those that pools list, and the pods that they select.
@NullMarked
package dev.inferscale.signals.discover;

import org.jspecify.annotations.NullMarked;
