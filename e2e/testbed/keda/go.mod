// KEDA, for the definitions of its resources: see ../build.
module inferscale.dev/e2e/testbed/keda

go 1.26.0

require github.com/kedacore/keda/v2 v2.20.2
