package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/playground"
	"github.com/weizhangbot/weizhangbot/storage"
)

const week = 7 * 24 * time.Hour

// demoChannel begins the ids of the page's people.
const demoChannel = "demo"

// passing is the code of what may work at the next try, and costs nothing.
const passing = 225603

// An event is a button of the side panel.
type event struct {
	playground.Action
	happen func(*demo, context.Context) (said string, err error)
}

// events are what a newcomer can let happen, in the order in which a push comes
// about.
var events = []event{
	{playground.Action{ID: "new", Label: "新增一条违章", Hint: "刚录入的，您还不知道"}, (*demo).newViolation},
	{playground.Action{ID: "week", Label: "过一周", Hint: "订阅的车查一遍，有新的就通知", Look: true}, (*demo).weekPasses},
	{playground.Action{ID: "fail", Label: "查询失败一次", Hint: "不收费，自己再试"}, (*demo).failOnce},
}

// newViolation happens to the car that was asked for last: that is the one the
// newcomer is looking at.
func (d *demo) newViolation(ctx context.Context) (string, error) {
	asked := d.world.fake.Asked()
	if len(asked) == 0 {
		return "还没有查过的车。请先查一辆，例如：沪C12345", nil
	}
	car := asked[len(asked)-1]
	told, err := d.watchers(ctx, bot.Vehicle{Plate: car.Plate, Type: car.Type})
	if err != nil {
		return "", err
	}
	d.world.fake.Happen(car.Plate, car.Type)
	if len(told) == 0 {
		return car.Plate + " 新增 1 条违章；没有人订阅这辆车，要查了才知道", nil
	}
	return fmt.Sprintf("%s 新增 1 条违章；过一周会查到，并通知%s", car.Plate, strings.Join(told, "、")), nil
}

// weekPasses sets the clock forward, and has what is due by then checked.
func (d *demo) weekPasses(ctx context.Context) (string, error) {
	d.clock.forward(week)
	if err := d.world.watch.Dispatch(ctx); err != nil {
		return "", fmt.Errorf("demo: a week passes: %w", err)
	}
	cars, err := d.watched(ctx)
	if err != nil {
		return "", err
	}
	_, month, day := d.clock.now().In(bot.China).Date()
	if cars == 0 {
		return fmt.Sprintf("到了%d月%d日。还没有人订阅车辆，什么也没有查", month, day), nil
	}
	return fmt.Sprintf("到了%d月%d日。订阅的 %d 辆车正在查，有新违章会通知", month, day, cars), nil
}

// failOnce lets the next query fail, once more for every press.
func (d *demo) failOnce(context.Context) (string, error) {
	d.world.fake.FailNext(passing)
	return fmt.Sprintf("接下来的查询会失败 %d 次；失败不收费", d.world.fake.Failing()), nil
}

// watchers are the names of those who are told of a car.
func (d *demo) watchers(ctx context.Context, v bot.Vehicle) (names []string, err error) {
	err = d.world.store.View(ctx, func(tx storage.Tx) error {
		names = nil
		for _, u := range demoUsers {
			_, ok, err := d.world.watch.State(tx, d.clock.now(), userOf(u), v)
			if err != nil {
				return fmt.Errorf("demo: watchers: %w", err)
			}
			if ok {
				names = append(names, u.Name)
			}
		}
		return nil
	})
	return names, err
}

// watched counts the cars of which somebody is told.
func (d *demo) watched(ctx context.Context) (n int, err error) {
	err = d.world.store.View(ctx, func(tx storage.Tx) error {
		cars := map[bot.Vehicle]bool{}
		for _, u := range demoUsers {
			p, err := d.world.mail.Person(tx, userOf(u))
			if err != nil {
				return fmt.Errorf("demo: watched: %w", err)
			}
			for _, s := range p.Garage {
				_, ok, err := d.world.watch.State(tx, d.clock.now(), userOf(u), s.Vehicle)
				if err != nil {
					return fmt.Errorf("demo: watched: %w", err)
				}
				if ok {
					cars[bot.Vehicle{Plate: s.Plate, Type: s.Type}] = true
				}
			}
		}
		n = len(cars)
		return nil
	})
	return n, err
}

func userOf(u playground.User) bot.UserID { return bot.UserID(demoChannel + ":" + u.ID) }
