package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

type adminBroadcast struct {
	actFlags
	Text     string `arg:"" optional:"" help:"What people will read, up to 500 characters; - is stdin. Without it, tell how far the last one is."`
	DryRun   bool   `help:"Only tell what it would do." xor:"do"`
	Yes      bool   `help:"Send it without asking." xor:"do"`
	Stop     bool   `help:"End the one that is being sent." xor:"do"`
	Progress bool   `help:"Show progress, also when stderr is no terminal."`
}

// Help is the long description.
func (adminBroadcast) Help() string {
	return `Shows what people will read and how many they are, and sends it when that number is typed, or
with --yes. It is sent by the serve that runs, or by the next one, at five people a second, not in
quiet hours, and goes on after a restart; everybody is written for once. Who has left or is blocked
is left out. WeChat lets nobody be reached who has not written within 48 hours: they read it with
their next message, for three days. In the chat: /admin broadcast TEXT.

Example:

  weizhangbot admin broadcast "今晚 22:00 到 24:00 维护，期间不能查询。" --config config.yaml --dry-run
  weizhangbot admin broadcast --config config.yaml
  weizhangbot admin broadcast --stop --config config.yaml`
}

// Run plans, sends, stops, or tells.
func (c adminBroadcast) Run(ctx context.Context, p *program) (err error) {
	lines := bufio.NewReader(p.stdin)
	switch {
	case c.Text == "" && (c.DryRun || c.Yes):
		return usageError{errors.New("admin broadcast: what? give the text")}
	case c.Text != "" && c.Stop:
		return usageError{errors.New("admin broadcast: a text, or --stop")}
	case c.Text == "-" && !c.DryRun && !c.Yes:
		return usageError{errors.New("admin broadcast: the text is stdin, so nobody can be asked: add --dry-run or --yes")}
	case c.Text == "-":
		text, err := io.ReadAll(io.LimitReader(lines, 16<<10))
		if err != nil {
			return fmt.Errorf("admin broadcast: stdin: %w", err)
		}
		c.Text = string(text)
	}
	office, err := c.office(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, office.close()) }()
	if err := c.with(ctx, p, office, lines); err != nil {
		return office.explained("admin broadcast", err)
	}
	return nil
}

func (c adminBroadcast) with(ctx context.Context, p *program, office *backOffice, lines *bufio.Reader) error {
	switch {
	case c.Stop:
		r, err := office.StopBroadcast(ctx)
		return c.tell(p, r, err)
	case c.Text == "":
		r, err := office.BroadcastReport(ctx)
		return c.tell(p, r, err)
	}
	plan, err := office.PlanBroadcast(ctx, c.Text)
	switch {
	case err != nil:
		return err
	case c.DryRun && c.JSON:
		return p.printJSON(plan)
	case c.DryRun:
		return p.printPlain(plan.Summary(bot.English))
	case plan.People == 0:
		return errors.New("there is nobody to send it to")
	case !c.Yes:
		if err := confirmed(p, plan, lines); err != nil {
			return err
		}
	}
	r, err := office.Broadcast(ctx, bot.BroadcastOrder{ID: bot.NewBroadcastID(), Text: c.Text})
	if err != nil {
		return err
	}
	return c.follow(ctx, p, office, r)
}

// confirmed shows a plan on stderr and wants the number of people typed.
func confirmed(p *program, plan bot.BroadcastPlan, lines *bufio.Reader) error {
	fmt.Fprintf(p.stderr, "%s\n\nType %d to send it: ", showHidden(plan.Summary(bot.English)), plan.People)
	line, err := lines.ReadString('\n')
	if f, ok := p.stdin.(*os.File); !ok || !isTerminal(f) { // which shows what is typed
		fmt.Fprintln(p.stderr)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(line) != strconv.Itoa(plan.People) {
		return errors.New("not confirmed: nothing was sent")
	}
	return nil
}

const (
	// followEvery is how often it is looked how far a broadcast is.
	followEvery = time.Second
	// followRest is how many times as long as it took nothing is read again.
	followRest = 10
)

// follow shows how far a broadcast is until nothing more happens by itself, the
// operator has seen enough, or the night comes.
func (c adminBroadcast) follow(ctx context.Context, p *program, office *backOffice, r bot.BroadcastReport) error {
	shown := newProgress(p, c.Progress)
	for !office.idle && !r.Over() && r.Awake.IsZero() {
		shown.step(fmt.Sprintf("sent %d of %d, failed %d, out of reach %d, waiting %d", r.Sent+r.Read, r.People, r.Failed, r.Parked, r.Waiting))
		began := time.Now()
		next, err := office.BroadcastReport(ctx)
		if err == nil {
			r = next
		}
		select {
		case <-ctx.Done():
			shown.end()
			fmt.Fprintln(p.stderr, "weizhangbot: it goes on; see weizhangbot admin broadcast, and --stop")
			return nil
		case <-time.After(max(followEvery, followRest*time.Since(began))):
		}
		if err != nil {
			shown.end()
			return err
		}
	}
	shown.end()
	if office.idle {
		fmt.Fprintln(p.stderr, "weizhangbot: no serve runs: it begins when one does")
	}
	return c.tell(p, r, nil)
}

// tell prints how far it is.
func (c adminBroadcast) tell(p *program, r bot.BroadcastReport, err error) error {
	switch {
	case err != nil:
		return err
	case c.JSON:
		return p.printJSON(r)
	}
	return p.printPlain(r.Summary(bot.English))
}
