/// The view for people and scripts: every signal of every pool as JSON, with what is known about it
/// or the reason why there is nothing. Pure: request and snapshot in, page out.
@NullMarked
package dev.inferscale.adapter.json;

import org.jspecify.annotations.NullMarked;
