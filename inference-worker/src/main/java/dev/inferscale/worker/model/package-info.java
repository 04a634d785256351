/// Files in, arrays and tokens out: configuration, safetensors, tokenizer, sampling rule.
@NullMarked
package dev.inferscale.worker.model;

import org.jspecify.annotations.NullMarked;
