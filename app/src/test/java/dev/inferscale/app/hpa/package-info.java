@NullMarked
package dev.inferscale.app.hpa;

import org.jspecify.annotations.NullMarked;
