stage  = "staging"
canary = { minutes = 0 }
