/// `inferscale read`: what we make of a metrics page, for a person who debugs a pool.
@NullMarked
package dev.inferscale.app.read;

import org.jspecify.annotations.NullMarked;
