package ssh

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// LostError says that a machine cannot be reached now, or that the connection to it has ended. Trying again may help.
type LostError struct {
	Host string
	Why  record.Sentence
}

func (e *LostError) Error() string { return e.In("en") }

// In returns the sentence in the language "en" or "zh".
func (e *LostError) In(lang string) string { return e.Sentence().In(lang) }

// Sentence returns the error as a sentence.
func (e *LostError) Sentence() record.Sentence {
	return record.Sayf("%s: %s", "%s：%s", e.Host, e.Why)
}

// Lost reports whether an error is that the machine cannot be reached now.
func Lost(err error) bool { return errors.As(err, new(*LostError)) }

// refusals are messages of the OpenSSH client with their meaning for the user. For none of them trying again helps.
var refusals = []struct {
	said   func() *regexp.Regexp
	en, zh string
}{
	{pattern.Of(`(?i)could not resolve hostname|name or service not known|nodename nor servname`),
		"there is no host %[1]s: check the name, or add it to ~/.ssh/config (%[2]s)",
		"没有主机 %[1]s：请检查名称，或将其加入 ~/.ssh/config（%[2]s）"},
	{pattern.Of(`REMOTE HOST IDENTIFICATION HAS CHANGED|(?i)host key .* has changed|revoked`),
		"the host key of %[1]s is not the one that is known: find out why before you go on; if the machine was installed anew, `ssh-keygen -R` the old key and connect once by hand (%[2]s)",
		"%[1]s 的主机密钥与已知的不同：请先查明原因；如机器已重装，请用 `ssh-keygen -R` 删除旧密钥并手工连接一次（%[2]s）"},
	{pattern.Of(`(?i)host key verification failed|no .* host key is known`),
		"the host key of %[1]s is not known: connect once by hand (ssh %[1]s), compare the fingerprint and accept it",
		"%[1]s 的主机密钥未知：请手工连接一次（ssh %[1]s），核对指纹后接受"},
	{pattern.Of(`(?i)permission denied|too many authentication failures|no more authentication methods`),
		"%[1]s asks for a password or for a key that is not here: set up a key (ssh-copy-id %[1]s), and ssh-add it where it has a passphrase (%[2]s)",
		"%[1]s 要求输入口令，或所需密钥不在本机：请设置密钥（ssh-copy-id %[1]s），密钥有口令时先执行 ssh-add（%[2]s）"},
	{pattern.Of(`(?i)bad configuration option|terminating, \d+ bad|can't open user config file|bad owner or permissions|unsupported option|command-line line \d+`),
		"ssh does not take its configuration: mend it (%[2]s)", "ssh 无法使用其配置：请修正（%[2]s）"},
	{pattern.Of(`(?i)unable to negotiate|no matching .* found`),
		"ssh here and sshd on %[1]s have no algorithm in common: update the older one, or allow one in ~/.ssh/config (%[2]s)",
		"本机的 ssh 与 %[1]s 的 sshd 没有共同的算法：请升级较旧的一方，或在 ~/.ssh/config 中允许（%[2]s）"},
	{pattern.Of(`(?i)this account is currently not available|account .*expired`),
		"the account on %[1]s may not log in: name another one (%[2]s)", "%[1]s 上的账户不能登录：请使用其他账户（%[2]s）"},
}

// Exit statuses with a meaning.
const (
	statusNotFound = 127 // of a shell that finds no such command
	statusNoExec   = 126 // of a shell that may not execute it
	statusSSH      = 255 // of ssh, for an error of the connection
)

// broken reports whether ssh itself or a signal ended the connection, not the command on the other machine.
func (c *Connection) broken() bool {
	status := c.cmd.ProcessState.ExitCode()
	return status == statusSSH || status < 0
}

// why returns the error for a connection that has ended, with the meaning for the user.
func (c *Connection) why() error {
	if c.expired.Load() {
		return &LostError{c.host.Name, record.Sayf("it gave no answer within %s: log in by hand and see what keeps it",
			"%s 内没有应答：请手工登录，查明原因", time.Duration(c.limit.Load()))}
	}
	own, theirs := c.own(), string(c.stderr.Bytes())
	status := c.cmd.ProcessState.ExitCode()
	if status == statusNotFound || status == statusNoExec {
		return c.host.wrong("%[1]s has no shell that can be used: sh must be in the PATH of the account there (%[2]s)",
			"%[1]s 上没有可用的 shell：该账户的 PATH 中须有 sh（%[2]s）", c.host.Name, last(theirs))
	}
	if status == statusSSH {
		for _, r := range refusals {
			if r.said().MatchString(own) || r.said().MatchString(theirs) {
				return c.host.wrong(r.en, r.zh, c.host.Name, said(own, theirs, r.said()))
			}
		}
	}
	text := last(own)
	if text == "" {
		text = last(theirs)
	}
	switch {
	case text == "" && status < 0:
		return &LostError{c.host.Name, record.Say("the connection has ended", "连接已中断")}
	case text == "":
		return &LostError{c.host.Name, record.Sayf("the connection has ended (status %d)", "连接已中断（状态 %d）", status)}
	}
	return &LostError{c.host.Name, record.Sayf("the connection has ended: %s", "连接已中断：%s", text)}
}

// said returns the line that a pattern matches, first in the messages of ssh itself, then in those of the other machine.
func said(own, theirs string, pattern *regexp.Regexp) string {
	for line := range strings.Lines(own + "\n" + theirs) {
		if pattern.MatchString(line) {
			return short(line)
		}
	}
	return last(own)
}

// last returns the last line of a text that is not part of the random art of a host key.
func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "+-") || strings.Contains(line, "Host key fingerprint is ") {
			continue
		}
		return short(line)
	}
	return ""
}

// short returns a line shortened for use in a sentence.
func short(line string) string {
	return plain.Text(strings.TrimSpace(line), 200)
}

// noClient returns the *record.Missing for the OpenSSH client.
func (h Host) noClient() error {
	return h.missing(record.Say("there is no ssh on this machine", "本机没有 ssh"),
		record.Say("install the OpenSSH client (openssh-client, openssh-clients)", "请安装 OpenSSH 客户端（openssh-client、openssh-clients）"))
}
