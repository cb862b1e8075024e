package ownweb_test

import "github.com/PuerkitoBio/goquery"

type selection = goquery.Selection
