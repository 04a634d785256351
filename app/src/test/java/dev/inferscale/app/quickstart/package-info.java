@NullMarked
package dev.inferscale.app.quickstart;

import org.jspecify.annotations.NullMarked;
