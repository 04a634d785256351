//go:build bed

package main

// What a Deployment needs to be scaled by the test adapter's external metric (42 + 43, always): the Service that leads the
// aggregator to a local port, the APIService (its authority and port filled in), the adapter's rights, and the HPA. The
// HPA's own ServiceAccount needs no role: its bootstrap role has the metrics APIs.
const scaledByAdapter = `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: metrics}}
- {apiVersion: v1, kind: Service, metadata: {name: adapter, namespace: metrics}, spec: {type: ExternalName, externalName: localhost}}
- apiVersion: apiregistration.k8s.io/v1
  kind: APIService
  metadata: {name: v1beta1.external.metrics.k8s.io}
  spec: {group: external.metrics.k8s.io, version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100, caBundle: CA, service: {name: adapter, namespace: metrics, port: PORT}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: adapter-asks-who-calls}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:auth-delegator"}
  subjects: [{kind: ServiceAccount, name: adapter, namespace: metrics}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: adapter-reads-front-proxy, namespace: kube-system}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: extension-apiserver-authentication-reader}
  subjects: [{kind: ServiceAccount, name: adapter, namespace: metrics}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: model, namespace: default}
  spec:
    replicas: 1
    selector: {matchLabels: {app: model}}
    template: {metadata: {labels: {app: model}}, spec: {containers: [{name: c, image: testbed/none}]}}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: model, namespace: default}
  spec:
    scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: model}
    minReplicas: 1
    maxReplicas: 10
    metrics: [{type: External, external: {metric: {name: my-external-metric}, target: {type: AverageValue, averageValue: "20"}}}]
    behavior: {scaleUp: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 100, periodSeconds: 1}]}}
`
