@NullMarked
package dev.inferscale.app.table;

import org.jspecify.annotations.NullMarked;
