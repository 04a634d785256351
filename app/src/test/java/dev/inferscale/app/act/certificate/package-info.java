@NullMarked
package dev.inferscale.app.act.certificate;

import org.jspecify.annotations.NullMarked;
