@NullMarked
package dev.inferscale.app.read;

import org.jspecify.annotations.NullMarked;
