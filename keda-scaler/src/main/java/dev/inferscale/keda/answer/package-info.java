/// What a trigger's questions come to: pure functions of the trigger, one snapshot and the time.
@NullMarked
package dev.inferscale.keda.answer;

import org.jspecify.annotations.NullMarked;
