// testcluster is a Kubernetes control plane in one program: the component named by the first argument
// runs with the arguments after it. The end-to-end tests start each one as a process of its own,
// because the components share global flags, feature gates and metric registries.
//
// There is no scheduler on purpose: nothing may run a pod here, only create it.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// Each entry returns the exit status of its component.
var components = map[string]func() int{
	"etcd": func() int {
		etcdmain.Main(os.Args)
		return 0
	},
	"kube-apiserver":          func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
	"kubectl": func() int {
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	},
}

func usage() string {
	names := make([]string, 0, len(components))
	for name := range components {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Sprintf("usage: testcluster %s [arguments]", strings.Join(names, "|"))
}

func main() {
	if len(os.Args) < 2 || components[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, usage())
		os.Exit(2)
	}
	// A component reads its own name from os.Args[0] and its flags from what follows.
	os.Args = os.Args[1:]
	os.Exit(components[os.Args[0]]())
}
