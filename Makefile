# What people type. ARGS is passed on: make matrix ARGS='--target native --lang zh'.
# MATRIX is the matrix file: make matrix MATRIX=lab.yaml.

MAKEFLAGS += --no-print-directory
# What is set for other builds must not decide what this program is built as.
unexport GOOS GOARCH GOAMD64 GOARM64 GOEXPERIMENT GOFLAGS GODEBUG GOROOT
# With the flags that payloads are built with, what is compiled for this program serves them too.
XCMATRIX  := go run -trimpath -buildvcs=false -ldflags='-s -w' .

# Tests run as payloads do, in static files; the race detector alone needs cgo.
CGO := $(if $(findstring -race,$(ARGS)),1,0)

.DEFAULT_GOAL := help
.PHONY: matrix chips processors test mutants facts race deep fio collectors tune-check bench fidelity aa power show plan servers setup kernels worlds places seeds scale dm dist dist-test follow unplug-ssh test-k8s chaos unplug cuts clean help

matrix: setup ## run the five suites on this machine, arm64 and loong64, and print the table (MATRIX=lab.yaml for machines of a lab) / 运行默认矩阵
	@scripts/setup --tls
	@$(XCMATRIX) run $(if $(MATRIX),--matrix '$(MATRIX)') $(ARGS)

chips: setup kernels ## run them on this machine and in six virtual machines, each a chip's kernel and instructions / 在六台虚拟机（各为一种芯片的内核与指令集）上运行
	@$(XCMATRIX) run --target 'native,*-vm' --label '!bench' $(ARGS)

processors: setup ## run four suites in a virtual machine with 64 processors: minutes / 在 64 个处理器的虚拟机中运行四个套件（需数分钟）
	@scripts/kernel arm64-4k
	@$(XCMATRIX) run --matrix matrix/testdata/processors.yaml --label '!bench' $(ARGS)

test: setup ## check the project itself: go vet, staticcheck if it is there, go test / 检查项目自身
	@scripts/setup --sshd
	@scripts/setup --font
	@go vet ./...
	@if command -v staticcheck >/dev/null; then staticcheck ./...; fi
	@CGO_ENABLED=$(CGO) go test -timeout 30m $(ARGS) ./...
	@cd scripts/dist && if why=$$(go list -deps -test . 2>&1 >/dev/null); then go vet . && CGO_ENABLED=$(CGO) go test $(ARGS) .; \
		else echo "skip: scripts/dist is not tested: $$why; it needs Go 1.26.4 or newer, and a GOPROXY that has its modules"; \
		test -z "$$XCMATRIX_TEST_REQUIRE"; fi

mutants: ## make one mistake at a time in the code, and show that the tests notice it (NAME='results/store', or a word of its name) / 逐一植入错误，验证测试能发现
	@go run ./scripts/mutants $(NAME)

facts: ## count the specs of the platform suites, and the broken facts under which each fails / 统计平台套件的检查项及使其失败的错误事实
	@CGO_ENABLED=0 go test -count=1 -v -run '^TestSpecsCanFail$$' ./suites/... | grep -E '^ +(broken_test|prove)|^--- FAIL|^FAIL'

race: ## run the tests under the race detector, in parts of at most 20 minutes (PART=results; see scripts/race) / 分批运行竞态检测
	@scripts/race $(PART)

bench: ## measure the harness's own overhead, boots, what SSH costs, and a hub with 3,000 agents (SUITE=crypto for one suite) / 测量框架自身开销、虚拟机启动、SSH 开销与 3000 个代理的中心
	@$(XCMATRIX) bench $(if $(SUITE),--suite $(SUITE)) $(ARGS)
	$(if $(SUITE),,@$(XCMATRIX) bench boots)
	$(if $(SUITE),,@scripts/setup --sshd && XCMATRIX_TEST_COST=1 CGO_ENABLED=0 go test ./cli -run '^Test(SSH(Cost|SendsLittle)|FleetCost)$$' -count 1 -v -timeout 30m)
	$(if $(SUITE),,@XCMATRIX_TEST_SCALE=1 CGO_ENABLED=0 go test ./matrix/fleet/broker -run '^TestScale$$' -count 1 -v)

fidelity: setup ## compare the figures with those of go test -bench / 与 go test -bench 所得数值比较
	@$(XCMATRIX) bench fidelity $(ARGS)

aa: ## compare this machine with itself, and count false verdicts (SUITE=crypto) / 让本机与自身比较，统计误判
	@$(XCMATRIX) compare aa --suite $(or $(SUITE),crypto) $(ARGS)

power: ## print how often the rules of comparing find a change, on made-up data / 显示比较规则的检出率
	@$(XCMATRIX) compare power $(ARGS)

deep: setup ## run the specs that take minutes: grids, storms, cycles by the thousand (SUITE=disk for one suite) / 运行耗时较长的检查项
	@scripts/setup --tls
	@$(XCMATRIX) run --target native --label deep $(if $(SUITE),--suite $(SUITE)) $(ARGS)

fio: setup ## compare the disk suite's figures with those of fio, doing the same jobs on the same file by turns: two minutes / 与 fio 在同一文件上交替执行相同作业并比较
	@$(XCMATRIX) run --target native --suite disk --label deep --spec 'time / of reading one MiB after the other, beside fio' --spec 'time / of fsync, beside fio' --rounds 5
	@$(XCMATRIX) show latest --format speed

collectors: setup ## compare Go's garbage collector with the one before Go 1.26, on this machine (ARGS='--label deep' for the whole grid) / 在本机比较 Go 的垃圾回收器与 1.26 之前的回收器
	@$(XCMATRIX) run --target native,native-nogreenteagc --suite gc --label bench --rounds 5 $(ARGS)
	@$(XCMATRIX) compare latest --by target

tune-check: ## run `tune gc` ten times on each of three workloads with known answers, and count the right ones: half an hour / 在三种答案已知的负载上各运行十次 `tune gc`，统计正确次数
	@$(XCMATRIX) tune check $(ARGS)

show: ## print the latest run's tables again / 再次显示最近一次结果
	@$(XCMATRIX) show $(ARGS)

plan: ## print what would run where, and what would not and why / 显示运行计划
	@$(XCMATRIX) plan $(ARGS)

servers: ## run the database suite on the servers of Debian 11, 12, 13 and unstable, and compare (RELEASES='trixie sid') / 在 Debian 11、12、13 与 unstable 的数据库服务器上运行并比较
	@scripts/servers $(RELEASES) || true
	@XCMATRIX_TEST_SERVERS=all go test ./cli -run '^TestServers$$' -count 1 -v -timeout 100m $(ARGS)

setup: ## get the emulator and the PostgreSQL server that the default matrix uses / 准备所需系统软件
	@scripts/setup

kernels: ## get the kernels and the emulators that the virtual machines use / 准备虚拟机所需内核与模拟器
	@scripts/kernel

worlds: ## apply the edits for old-world LoongArch to each release of Go 1.26 and 1.27 / 对各版 Go 应用龙芯旧世界补丁并编译
	@XCMATRIX_TEST_WORLDS=1 go test -count=1 -timeout 60m -v -run TestWorldsReleases ./matrix/build

places: ## run suites where files, calls, /proc, /sys or privilege are lacking (as root for all) / 在缺少文件、系统调用、/proc、/sys 或特权的环境中运行套件
	@XCMATRIX_TEST_PLACES=all CGO_ENABLED=0 go test ./suites -run '^TestPlaces$$' -count 1 -v -timeout 30m $(ARGS)

seeds: ## run every suite with two seeds, and see that nothing observed depends on the seed: minutes / 用两个随机种子运行全部套件，确认观测值与种子无关
	@XCMATRIX_TEST_SEEDS=all CGO_ENABLED=0 go test ./cli -run '^TestSeeds$$' -count 1 -v -timeout 30m $(ARGS)

scale: ## show five runs of 60,000 specs each as one, and print time and memory / 将五次各 60,000 项的运行合并显示，并输出时间与内存
	@XCMATRIX_TEST_SCALE=1 CGO_ENABLED=0 go test ./cli -run '^TestShowScale$$' -count 1 -v $(ARGS)

test-k8s: ## hold what agent kubernetes prints against the types of Kubernetes' API, which are downloaded / 以 Kubernetes API 类型核对 agent kubernetes 的输出
	@cd scripts/k8s && go vet . && CGO_ENABLED=$(CGO) go test -count 1 $(ARGS) .

chaos: ## kill agents and hub, cut links, stop processes and fill disks while 200 jobs run on five hosts, for three seeds (as root) / 在五台主机上运行 200 个作业期间制造各种故障
	@XCMATRIX_TEST_CHAOS=all CGO_ENABLED=0 go test ./matrix/fleet/agent -run '^TestChaos$$' -count 1 -v -timeout 60m $(ARGS)

unplug-ssh: ## cut the connection of runs by SSH 20 times at random, and kill their coordinator 10 times / 随机切断 SSH 运行的连接 20 次，并终止协调者 10 次
	@scripts/setup --sshd
	@XCMATRIX_TEST_UNPLUG=all CGO_ENABLED=0 go test ./cli -run '^TestSSHC' -count 1 -v -timeout 60m $(ARGS)

cuts: ## cut the power of a virtual machine 200 times while it writes, and verify what it had acknowledged: some 20 minutes / 对虚拟机断电 200 次并校验已确认的数据
	@scripts/kernel amd64
	@XCMATRIX_TEST_CUTS=200 CGO_ENABLED=0 go test ./matrix/vm -run '^TestPowerCuts' -count 1 -v -timeout 60m $(ARGS)

unplug: ## remove a loop device 1,000 times while it is read (as root); print the errnos, descriptors and goroutines / 反复拔除正在读取的回环设备 1000 次
	@XCMATRIX_TEST_UNPLUG_CYCLES=1000 CGO_ENABLED=0 go test ./suites/disk/unplug -run '^TestCycles$$' -count 1 -v -timeout 30m $(ARGS)

dm: ## build ./xcmatrix-dm, the same program with the DM8 driver, if it can be downloaded / 构建内置达梦驱动的 ./xcmatrix-dm
	@cd drivers/dm && CGO_ENABLED=0 go build -trimpath -o ../../xcmatrix-dm . || { \
		echo "DM8: not built in: its driver gitee.com/chunanyong/dm could not be had. Set GOPROXY to one that has it, then make dm again"; \
		echo "达梦 DM8：未编入：无法获取驱动 gitee.com/chunanyong/dm。请将 GOPROXY 设为提供该模块的代理，再运行 make dm"; exit 1; }

dist: ## make what a release has, in dist/: programs, archives, deb, rpm, digests, SBOM (KEY=results/key signs) / 制作发布文件
	@cd scripts/dist && go run . -source ../.. -out ../../dist $(if $(KEY),-key '$(abspath $(KEY))') $(ARGS)

dist-test: ## make the release twice, compare, and install, run and remove each package (as root) / 检查发布文件
	@cd scripts/dist && XCMATRIX_TEST_DIST=1 CGO_ENABLED=0 go test -count 1 -v -timeout 60m -run '^TestRelease$$' $(ARGS) .

follow: ## run the commands of CONTRIBUTING.md and of go install, literally, in a copy of the checkout / 逐字执行文档中的命令
	@XCMATRIX_TEST_FOLLOW=1 CGO_ENABLED=0 go test -count 1 -v -timeout 60m -run 'Followed|GoInstall' $(ARGS) .

clean: ## remove the built payloads; results and downloaded tools stay / 删除已构建的测试程序
	@rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/xcmatrix/payloads" xcmatrix

help: ## print this list / 显示本列表
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile
