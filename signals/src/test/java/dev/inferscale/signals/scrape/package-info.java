@NullMarked
package dev.inferscale.signals.scrape;

import org.jspecify.annotations.NullMarked;
