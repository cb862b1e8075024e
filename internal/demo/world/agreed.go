package world

// agree sets down what the partnership has agreed, and where it has not.
func (g *generator) agree() {
}
