package telegram

import "testing"

func TestMain(m *testing.M) { verifyNoLeaks(m) }
