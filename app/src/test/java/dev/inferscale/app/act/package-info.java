@NullMarked
package dev.inferscale.app.act;

import org.jspecify.annotations.NullMarked;
