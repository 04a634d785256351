@NullMarked
package dev.inferscale.app.operate;

import org.jspecify.annotations.NullMarked;
