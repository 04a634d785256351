@NullMarked
package dev.inferscale.app;

import org.jspecify.annotations.NullMarked;
