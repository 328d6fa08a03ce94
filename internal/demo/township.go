package demo

import (
	"fmt"

	"cunfen/internal/actor"
	"cunfen/tenants"
)

// Township makes a township of n villages, the last of every twelve a farm, each with the rules of the model
// village and people of its own. Its ids begin at base × 100.
func Township(model *tenants.Township, base int64, n int) *tenants.Township {
	town := *model
	town.ID, town.Code, town.Name = base, fmt.Sprintf("town%d", base), fmt.Sprintf("第%d镇", base%1000)
	town.Bureau, town.Dir, town.Villages = town.Name+"农业农村和社会事业局", "", nil
	town.People = []tenants.Person{{Name: "局经办", Phone: phone(base, 0, 1), Role: actor.Bureau}}
	for i := 1; i <= n; i++ {
		v := model.Villages[(i-1)%len(model.Villages)]
		v.ID, v.Code, v.Name, v.Kind = base*100+int64(i), fmt.Sprintf("t%dv%d", base, i), fmt.Sprintf("%d号村", i), tenants.KindVillage
		if i%12 == 0 {
			v.Name, v.Kind = fmt.Sprintf("%d号场", i), tenants.KindFarm
		}
		people := make([]tenants.Person, len(v.People))
		for j, p := range v.People {
			people[j] = p
			people[j].Phone = phone(base, i, j+1)
		}
		v.People = people
		town.Villages = append(town.Villages, v)
	}
	return &town
}

func phone(base int64, village, person int) string {
	return fmt.Sprintf("139%03d%03d%02d", base%1000, village%1000, person%100)
}
