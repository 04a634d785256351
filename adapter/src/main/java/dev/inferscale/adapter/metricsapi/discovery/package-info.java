/// What there is to read: discovery in both of its forms, and OpenAPI. Documents are rendered when
/// what they list changes, and carry a tag. Pure.
@NullMarked
package dev.inferscale.adapter.metricsapi.discovery;

import org.jspecify.annotations.NullMarked;
