/// Who calls, and may they. A [Gate] judges a request by what its connection and headers show of
/// the [Caller], as Kubernetes' own extension servers do: front proxy, client certificate, token,
/// and then a SubjectAccessReview. The rules are pure; what they need of the API server is kept in
/// step by [ClusterTrust] and remembered by [Remembered], so that most judgements wait for nothing.
@NullMarked
package dev.inferscale.adapter.auth;

import org.jspecify.annotations.NullMarked;
