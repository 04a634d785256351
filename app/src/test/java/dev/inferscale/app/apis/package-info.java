@NullMarked
package dev.inferscale.app.apis;

import org.jspecify.annotations.NullMarked;
