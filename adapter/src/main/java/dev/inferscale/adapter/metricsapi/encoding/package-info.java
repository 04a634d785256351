/// Lists of metric values and error documents in the forms that Kubernetes' clients read: JSON,
/// protobuf, and the table of `kubectl get`. Only the messages that are sent exist here. Pure.
@NullMarked
package dev.inferscale.adapter.metricsapi.encoding;

import org.jspecify.annotations.NullMarked;
