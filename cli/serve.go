package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/serve"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

type serveOptions struct {
	listen, certificates, root string
	runs                       []string // elsewhere
}

func (a *app) serveCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve [RUN...]",
		Short: a.say("show runs, their progress and certificates in a browser on this machine", "在本机浏览器中查看运行、实时进度与证书"),
		Long: a.say(`Shows the runs below --runs, and those that are named, such as packs of lab machines; several of them side by side as one
page. The browser's language decides. A certificate's level is shown once the folder was verified; --root names whose
signature counts.`,
			`显示 --runs 下的运行，以及所列出的运行（如实验室机器的打包文件）；可将多个运行合并为一页显示。页面语言由浏览器决定。
证书通过验证后才显示级别；--root 指定信任谁的签名。`),
		Example: "  xcmatrix serve\n  xcmatrix serve kunpeng.xcr phytium.xcr\n  xcmatrix serve --root root.pem",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.runs = args
			return a.serve(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8088", a.say("loopback address to listen on", "监听的本机回环地址"))
	cmd.Flags().StringVar(&o.root, "root", "", a.say("root certificate that you trust: certificates of others are refused", "您信任的根证书：其他签发者的证书一律拒绝"))
	cmd.Flags().StringVar(&o.certificates, "certificates", "results/certificates", a.say("directory of certificates", "证书目录"))
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) error {
	if !serve.Loopback(o.listen) {
		return record.Wrongf("--listen", "%q is no loopback address with a port: pages have no password, so take one such as 127.0.0.1:8088",
			"%q 不是带端口的本机回环地址：页面没有口令保护，请使用如 127.0.0.1:8088 的地址", o.listen)
	}
	extra, err := a.elsewhere(o.runs)
	if err != nil {
		return err
	}
	root, err := trusted(o.root)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return record.Wrongf("--listen", "%s cannot be listened on: %v", "无法监听 %s：%v", o.listen, err)
	}
	site := serve.Site{Runs: a.runs, Certificates: o.certificates, Lang: a.lang, Judge: a.judge, Names: itemSentence, Chip: isChip, Extra: extra, Rooted: root != nil,
		Verify: func(dir string) (*certify.Verification, error) {
			return certify.Verify(dir, certify.Reader{Root: root, At: time.Now(), Names: itemSentence, Program: ownProgram()})
		},
		Waivers: func() (waiver.List, error) {
			list, _, err := a.waiverList()
			return list, err
		}}
	server := &http.Server{Handler: site.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	address := fmt.Sprintf("http://%s/", listener.Addr())
	if a.json {
		err = a.printJSON(map[string]string{"address": address})
	} else {
		_, err = printf(a.out, "%s\n", address)
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		err = server.Shutdown(end)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// elsewhere finds the runs that are named. Two that are called alike cannot be told apart in an address.
func (a *app) elsewhere(refs []string) ([]string, error) {
	var paths []string
	for _, ref := range refs {
		path, err := store.Find(a.runs, ref)
		if err != nil {
			return nil, err
		}
		for _, other := range paths {
			if filepath.Base(other) == filepath.Base(path) && other != path {
				return nil, record.Wrongf(ref, "it is called as %s is: rename one", "与 %s 同名：请改名", other)
			}
		}
		paths = append(paths, path)
	}
	return paths, nil
}
