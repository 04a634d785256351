@NullMarked
package dev.inferscale.app.plane;

import org.jspecify.annotations.NullMarked;
