@NullMarked
package dev.inferscale.app.scaledobject;

import org.jspecify.annotations.NullMarked;
