@NullMarked
package dev.inferscale.app.act.outbox;

import org.jspecify.annotations.NullMarked;
