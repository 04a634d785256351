/// Files in, arrays and tokens out: configuration, safetensors and tokenizer of a Hugging Face
/// directory. A directory that cannot be served is refused with a [ModelFault].
@NullMarked
package dev.inferscale.worker.model;

import org.jspecify.annotations.NullMarked;
